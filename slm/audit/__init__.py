"""What a text or a run should be asked before it is believed: overlap, memorisation, personal data."""
