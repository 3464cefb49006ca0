"""Pure translation between orders as the core tells them and the words of others."""
