"""The dashboard: where businesses are set up and run."""
