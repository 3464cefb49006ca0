"""The revisions of the ERP bridge's tables, run when it is enabled and by `entrepot db upgrade`."""
