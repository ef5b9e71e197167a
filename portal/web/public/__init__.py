"""Pages a customer sees on a tenant's own site."""
