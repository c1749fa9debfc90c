"""Lists out of a model: of all customers on the workers, of a request, and of no customer."""
