"""Every setting, from the environment."""
