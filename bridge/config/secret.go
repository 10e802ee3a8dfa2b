package config

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// The environment variables that may carry a secret, for setups that keep
// secrets out of files.
const (
	EnvASToken     = "ANTEROOM_APPSERVICE_AS_TOKEN" // #nosec G101 -- a name, not a secret
	EnvHSToken     = "ANTEROOM_APPSERVICE_HS_TOKEN" // #nosec G101 -- a name, not a secret
	EnvDatabaseURI = "ANTEROOM_DATABASE_URI"
	EnvMail        = "ANTEROOM_MAIL_PASSWORD" // #nosec G101 -- a name, not a secret
)

// EnvIdentitySecret is the environment variable that may carry a site's secret of
// signed identities: for shop-eu, ANTEROOM_SITES_SHOP_EU_IDENTITY_SECRET.
func EnvIdentitySecret(site chat.SiteID) string {
	return "ANTEROOM_SITES_" + strings.ReplaceAll(strings.ToUpper(string(site)), "-", "_") + "_IDENTITY_SECRET"
}

// secret is a setting that may come from the file, a file of its own, or the
// environment (but for those of webhooks).
type secret struct {
	path, env string
	value     *string
	file      string
}

// readSecrets fills each secret from its one source and refuses two sources.
func (d *document) readSecrets(cfg *Config, env func(string) (string, bool)) {
	secrets := []secret{
		{"appservice.as_token", EnvASToken, &cfg.AppService.ASToken, cfg.AppService.ASTokenFile},
		{"appservice.hs_token", EnvHSToken, &cfg.AppService.HSToken, cfg.AppService.HSTokenFile},
		{"database.uri", EnvDatabaseURI, &cfg.Database.URI, cfg.Database.URIFile},
		{"mail.password", EnvMail, &cfg.Mail.Password, cfg.Mail.PasswordFile},
	}
	for id, site := range cfg.Sites {
		w := &site.Alerts.Webhook
		secrets = append(secrets, secret{"sites." + string(id) + ".alerts.webhook.secret", "", &w.Secret, w.SecretFile}, secret{
			"sites." + string(id) + ".identity.secret", EnvIdentitySecret(id), &site.Identity.Secret, site.Identity.SecretFile,
		})
	}
	for _, s := range secrets {
		var sources []string
		if d.has(s.path) && *s.value != "" {
			sources = append(sources, s.path)
		}
		if s.file != "" {
			sources = append(sources, s.path+"_file")
		}
		fromEnv, inEnv := "", false
		if s.env != "" {
			fromEnv, inEnv = env(s.env)
		}
		if inEnv && fromEnv != "" {
			sources = append(sources, "the environment variable "+s.env)
		}
		if len(sources) > 1 {
			d.fault(s.path, "%s is given twice, by %s: keep one of them.", s.path, strings.Join(sources, " and by "))
			d.rejected[s.path] = true
			continue
		}
		switch {
		case inEnv && fromEnv != "":
			*s.value = strings.TrimSpace(fromEnv)
		case s.file != "":
			data, err := os.ReadFile(cfg.absolute(s.file))
			if err != nil {
				var cause *fs.PathError
				if errors.As(err, &cause) {
					err = cause.Err
				}
				d.fault(s.path+"_file", "%s_file: %s cannot be read: %s.", s.path, s.file, err)
				d.rejected[s.path] = true
				continue
			}
			*s.value = strings.TrimSpace(string(data))
		}
	}
}
