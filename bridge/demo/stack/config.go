package stack

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

const configName = "config.yaml"

type yamlMap = map[string]any

// writeConfig writes the bridge's config as an admin would, with higher limits
// for addresses: in the demo all visitors come from one.
func writeConfig(dir string, p ports, facts Facts, k kept, opts Options) error {
	sites := yamlMap{site: shopConfig(k), clinicSite: clinicConfig(), softwareSite: softwareConfig()}
	for name, of := range sites {
		completeSite(of.(yamlMap), name, facts, opts.Bot)
	}
	if opts.Chains != "" {
		guide, err := guideConfig(opts.Chains, facts)
		if err != nil {
			return err
		}
		sites[guideSite], sites[eagerSite] = guide, eagerConfig(facts)
		if sites[lookSite], err = lookConfig(dir, facts); err != nil {
			return err
		}
		sites[consentSite], sites[besideSite] = consentConfig(facts), consentConfig(facts)
		folder, err := filepath.Abs(opts.Chains)
		if err != nil {
			return fmt.Errorf("the folder of the chains: %w", err)
		}
		maps.Copy(sites, flowSites(folder, facts))
		maps.Copy(sites, languageSites(folder, facts))
		maps.Copy(sites, themeSites(facts))
	}
	if opts.Endpoint != "" {
		assisted, err := assistantConfig(opts, facts)
		if err != nil {
			return err
		}
		sites[assistantSite] = assisted
	}
	mail := yamlMap{}
	if opts.Mail != "" {
		var err error
		if mail, err = mailConfig(opts.Mail); err != nil {
			return fmt.Errorf("the address of the mail server: %w", err)
		}
		sites[mailsSite] = mailsConfig(facts)
	}
	data, err := yaml.Marshal(yamlMap{
		"homeserver": yamlMap{"address": facts.HomeserverURL, "domain": serverName},
		"appservice": yamlMap{
			"address": "http://" + p.appservice.address(), "hostname": "127.0.0.1", "port": int(p.appservice),
			"as_token": k.ASToken, "hs_token": k.HSToken,
		},
		"database": yamlMap{"uri": filepath.Join("data", "anteroom.db")},
		"gateway": yamlMap{
			"listen": p.public.address(), "public_url": facts.PublicURL,
			"limits": yamlMap{
				"sessions_per_minute": 6000, "sockets_per_address": 2000, "dialogs_per_hour": 2000, "site_dialogs_per_hour": 2000,
				// Visitors of tests say a lot at once.
				"uploads_per_hour": 2000, "messages_per_minute": 120, "messages_burst": 200,
			},
		},
		"mail":  mail,
		"sites": sites,
	})
	if err != nil {
		return fmt.Errorf("encode the bridge's config: %w", err)
	}
	head := "# Written anew by each start of the demo.\n"
	if err := os.WriteFile(filepath.Join(dir, configName), append([]byte(head), data...), 0o600); err != nil {
		return fmt.Errorf("write the bridge's config: %w", err)
	}
	return nil
}

// completeSite adds what all sites have: pages of one origin, one operator, and
// chains in a folder of the site's name.
func completeSite(of yamlMap, name string, facts Facts, withBot bool) {
	origin := strings.TrimSuffix(facts.VisitorURL, "/")
	of["origins"] = []string{origin}
	of["operators"] = []string{facts.Operator.UserID}
	of["time_zone"] = localZone()
	of["invite"] = "everyone" // who tries the demo wants to read what the bot says
	of["bot"] = yamlMap{
		"enabled": withBot, "chains": filepath.Join(chainsName, name),
		"constants": constants(name, origin),
		// The shop's own server, where orders are looked up, is on this machine.
		"allow_private": []string{"127.0.0.1"},
	}
}

// constants are those that the example chains of a site count on.
func constants(name, origin string) map[string]string {
	switch name {
	case site:
		return map[string]string{"shop": origin, "orders": origin + "/api/orders"}
	case softwareSite:
		return map[string]string{"docs": origin + "/docs"}
	default:
		return map[string]string{}
	}
}

// guideConfig is a further site for the shop's pages, whose bot has the chains of a
// folder that somebody named.
func guideConfig(chains string, facts Facts) (yamlMap, error) {
	folder, err := filepath.Abs(chains)
	if err != nil {
		return nil, fmt.Errorf("the folder of the chains: %w", err)
	}
	return yamlMap{
		"name": "Guide", "origins": []string{strings.TrimSuffix(facts.VisitorURL, "/")}, "operators": []string{facts.Operator.UserID},
		"invite": "everyone", "bot": yamlMap{"enabled": true, "chains": folder},
		// The shortest voice messages that a site can have.
		"files": yamlMap{"voice": "5s"},
	}, nil
}

// assistantConfig is a further site for the shop's pages, whose assistant is asked at
// an endpoint that somebody named.
func assistantConfig(opts Options, facts Facts) (yamlMap, error) {
	assistant := yamlMap{
		"instruction": "You answer for the pottery Glina. Be short and friendly.",
		"endpoints":   []yamlMap{{"base_url": opts.Endpoint, "model": "test"}},
		"notice":      yamlMap{"en": "You are talking to an AI.", "ru": "Вам отвечает ИИ."},
		"domains":     []string{"glina.example"},
	}
	if opts.Knowledge != "" {
		folder, err := filepath.Abs(opts.Knowledge)
		if err != nil {
			return nil, fmt.Errorf("the folder of the knowledge: %w", err)
		}
		assistant["knowledge"] = folder
	}
	return yamlMap{
		"name": "Assistant", "origins": []string{strings.TrimSuffix(facts.VisitorURL, "/")}, "operators": []string{facts.Operator.UserID},
		"invite": "everyone", "bot": yamlMap{"enabled": true}, "assistant": assistant,
	}, nil
}

// shopConfig has no opening hours, so that somebody who tries the demo is rung at any.
func shopConfig(k kept) yamlMap {
	return yamlMap{
		"name": "Glina",
		"canned": yamlMap{
			"hello":    yamlMap{"en": `Hello, {{ name ?? "dear guest" }}! How can we help?`, "ru": `Здравствуйте, {{ name ?? "дорогой гость" }}! Чем помочь?`},
			"delivery": yamlMap{"en": "We pack on Mondays and Thursdays; the post takes three to five days.", "ru": "Упаковываем по понедельникам и четвергам, почта идёт от трёх до пяти дней."},
		},
		"identity": yamlMap{"secret": k.IdentitySecret},
		"widget": yamlMap{
			"title":    yamlMap{"en": "Glina", "ru": "Глина"},
			"greeting": yamlMap{"en": "Hello! Ask us about sizes, glazes or delivery.", "ru": "Здравствуйте! Спросите о размерах, глазурях или доставке."},
			"color":    "#a2481f",
		},
	}
}

func clinicConfig() yamlMap {
	return yamlMap{
		"name":          "Linden Clinic",
		"opening_hours": yamlMap{"mon-fri": "08:00-20:00", "sat": "09:00-15:00"},
		// Letters, pictures of what hurts, and words about it.
		"files": yamlMap{"max_size": "1MiB", "max_count": 3, "types": []string{"image/*", "application/pdf"}, "voice": "2m"},
		"widget": yamlMap{
			"title":    yamlMap{"en": "Linden Clinic", "ru": "Клиника «Липа»"},
			"greeting": yamlMap{"en": "The reception. In an emergency call 112.", "ru": "Регистратура. Если срочно, звоните 112."},
			"color":    "#1f6f5c",
			// What is said here is for nobody who sits beside.
			"sound": false, "notifications": "name",
		},
	}
}

func softwareConfig() yamlMap {
	return yamlMap{
		"name":          "Halyard",
		"opening_hours": yamlMap{"mon-fri": "09:00-18:00"},
		"widget": yamlMap{
			"title":    "Halyard",
			"greeting": yamlMap{"en": "Stuck? Tell us.", "ru": "Что-то не выходит? Расскажите."},
			"color":    "#2b3fd6",
		},
	}
}

// localZone is this machine's IANA zone, or UTC where the system does not say.
func localZone() string {
	name := os.Getenv("TZ")
	if name == "" {
		target, err := os.Readlink("/etc/localtime")
		if err != nil {
			return "UTC"
		}
		_, name, _ = strings.Cut(target, "zoneinfo/")
	}
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return "UTC"
	}
	return name
}
