"""Parts that the dashboard's pages share, in plain elements and the theme's roles."""
