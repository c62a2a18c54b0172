"""What a model says in an inquiry: sloppy calls mended, its own words held to the evidence."""
