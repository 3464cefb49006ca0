"""What every sales channel shares: accounts, channel orders, settings, importing, confirming, trace."""
