"""What the outlet `tryton` is made of: settings, booking sales, reading shipments, seeing what lacks."""
