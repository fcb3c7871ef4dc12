"""What the pages show, as plain data made from what the services answer. No HTML, no HTTP, no clock."""
