"""How a deck looks: colours, marks, SVG, HTML and PPTX parts, zips. No numbers are made here."""
