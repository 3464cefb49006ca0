"""The plugins that ship with Entrepot; yours lives in a package of your own."""
