"""What travels: domain objects to JSON and back."""
