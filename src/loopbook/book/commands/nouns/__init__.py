"""Commands that register what others refer to: parties, sites, materials, substances."""
