"""Amazon as a sales channel."""
