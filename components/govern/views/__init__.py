"""The views of Governance: one file each, in the sidebar by being here."""
