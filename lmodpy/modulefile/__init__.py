"""What a modulefile says."""
