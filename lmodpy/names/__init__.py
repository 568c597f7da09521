"""What modules are called; pure."""
