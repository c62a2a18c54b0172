"""Governance's pieces: tables that filter and export, and the views made of them."""
