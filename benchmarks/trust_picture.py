"""A picture of what the trust mask tells of a view."""


def picture(*_):
    pass
