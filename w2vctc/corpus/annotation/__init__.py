"""Annotation files beside long recordings, whatever program wrote them."""
