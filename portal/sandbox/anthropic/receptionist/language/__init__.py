"""Reading what customers write: words, days, times of day, names and addresses."""
