"""A large database, made in minutes: many customers with a past, through the store's own append."""
