"""What travels: domain objects to JSON."""
