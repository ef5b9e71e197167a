"""What the pages of services and of FAQs have in common."""
