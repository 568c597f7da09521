"""How a difference is said."""
