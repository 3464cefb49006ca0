"""What talks to the outside; the only modules that do."""
