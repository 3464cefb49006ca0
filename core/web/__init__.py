"""What HTTP reaches: the application factory, its pages, and the server that hosts them."""
