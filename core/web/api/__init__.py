"""The REST API under `/api/v1`: one module per noun; each parses, calls one verb and answers.

An application of its own, mounted beside the pages: it knows no session, no cookie and no form, only bearer
tokens, so nothing of what protects the pages has to make exceptions for it.
"""
