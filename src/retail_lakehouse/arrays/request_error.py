"""What a model says of a request that it cannot answer."""


class RequestError(ValueError):
    """A request cannot be answered as it is; the message is the reason, and what to give."""
