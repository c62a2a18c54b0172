"""Search services, one file each. Being there is being known, by the name of the file."""
