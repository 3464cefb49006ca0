"""The hook implementations of the ERP bridge."""
