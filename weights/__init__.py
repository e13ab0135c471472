"""What weights exist, where they come from, and how they are checked and loaded."""
