package config

func (d *document) validate(cfg *Config, needTokens bool) {
	_, _ = cfg, needTokens
}
