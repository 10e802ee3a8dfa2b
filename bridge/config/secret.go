package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
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

// secretsOf are all of the config's secrets but those of chains and assistants.
func secretsOf(cfg *Config) []secret {
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
	for id, site := range cfg.Sites {
		for i := range site.Webhooks {
			h := &site.Webhooks[i]
			secrets = append(secrets, secret{fmt.Sprintf("sites.%s.webhooks[%d].secret", id, i), "", &h.Secret, h.SecretFile})
		}
	}
	return secrets
}

// readSecrets fills each secret from its one source and refuses two sources.
func (d *document) readSecrets(cfg *Config, env func(string) (string, bool)) {
	for id, site := range cfg.Sites {
		d.readChainSecrets(cfg, &site.Bot, "sites."+string(id)+".bot")
		d.readAssistantKeys(cfg, site, env)
	}
	for _, s := range secretsOf(cfg) {
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
			value, err := cfg.readSecret(s.file)
			if err != nil {
				d.fault(s.path+"_file", "%s_file: %s cannot be read: %s.", s.path, s.file, err)
				d.rejected[s.path] = true
				continue
			}
			*s.value = value
		}
	}
}

// readSecret returns what a file holds. Its error does not name the file.
func (cfg *Config) readSecret(file string) (string, error) {
	data, err := os.ReadFile(cfg.absolute(file))
	if cause, ok := errors.AsType[*fs.PathError](err); ok {
		err = cause.Err
	}
	return strings.TrimSpace(string(data)), err
}

// readChainSecrets fills in those secrets of chains that stand in files.
func (d *document) readChainSecrets(cfg *Config, b *SiteBot, path string) {
	for _, name := range slices.Sorted(maps.Keys(b.SecretFiles)) {
		itemPath := join(path+".secret_files", name)
		if _, twice := b.Secrets[name]; twice {
			d.fault(itemPath, "%s: the secret is given in secrets too: keep one of them.", itemPath)
			continue
		}
		value, err := cfg.readSecret(b.SecretFiles[name])
		switch {
		case err != nil:
			d.fault(itemPath, "%s: %s cannot be read: %s.", itemPath, b.SecretFiles[name], err)
		case value == "":
			d.fault(itemPath, "%s: %s is empty.", itemPath, b.SecretFiles[name])
		default:
			b.Secrets[name] = value
		}
	}
}
