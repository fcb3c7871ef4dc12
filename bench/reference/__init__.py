"""What the product is measured against: small applications that do the same work in other ways."""
