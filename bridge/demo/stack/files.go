package stack

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"gopkg.in/yaml.v3"
)

const (
	configName = "config.yaml"
	keptName   = "secrets.json"
)

// kept is what stays the same from start to start.
type kept struct {
	OperatorPassword string `json:"operator_password"`
	ASToken          string `json:"as_token"`
	HSToken          string `json:"hs_token"`
	IdentitySecret   string `json:"identity_secret"`
}

func loadKept(dir string) (kept, error) {
	path := filepath.Join(dir, keptName)
	data, err := os.ReadFile(path)
	var k kept
	switch {
	case errors.Is(err, fs.ErrNotExist):
		k = kept{OperatorPassword: password(), ASToken: rand.Text() + rand.Text(), HSToken: rand.Text() + rand.Text()}
	case err != nil:
		return kept{}, fmt.Errorf("read the demo's secrets: %w", err)
	default:
		if err := json.Unmarshal(data, &k); err != nil {
			return kept{}, fmt.Errorf("%s is damaged (%w); \"make demo-reset\" starts anew", path, err)
		}
	}
	if k.IdentitySecret != "" {
		return k, nil
	}
	k.IdentitySecret = rand.Text() + rand.Text() // a demo of before has none
	if data, err = json.Marshal(k); err != nil {
		return kept{}, fmt.Errorf("encode the demo's secrets: %w", err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return kept{}, fmt.Errorf("keep the demo's secrets: %w", err)
	}
	return k, nil
}

// password returns 80 random bits in groups that a person can copy by hand.
func password() string {
	text := strings.ToLower(rand.Text())
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:16]}, "-")
}

// writeConfig writes the bridge's config as an admin would, with higher limits
// for addresses: in the demo all visitors come from one.
func writeConfig(dir string, p ports, chains string, facts Facts, k kept) error {
	origin := strings.TrimSuffix(facts.VisitorURL, "/")
	type m = map[string]any
	sites := m{site: m{
		"name": "Glina", "origins": []string{origin}, "operators": []string{facts.Operator.UserID},
		"time_zone": localZone(),
		"canned": m{
			"hello":    m{"en": `Hello, {{ name ?? "dear guest" }}! How can we help?`, "ru": `Здравствуйте, {{ name ?? "дорогой гость" }}! Чем помочь?`},
			"delivery": m{"en": "We pack within a day; parcels take two to four days.", "ru": "Отправляем в течение дня, посылка идёт от двух до четырёх дней."},
		},
		"identity": m{"secret": k.IdentitySecret},
		"widget": m{
			"title":    m{"en": "Glina", "ru": "Глина"},
			"greeting": m{"en": "Hello! Ask us about sizes, glazes or delivery.", "ru": "Здравствуйте! Спросите о размерах, глазурях или доставке."},
			"color":    "#a2481f",
		},
	}}
	if chains != "" {
		folder, err := filepath.Abs(chains)
		if err != nil {
			return fmt.Errorf("the folder of the chains: %w", err)
		}
		sites[guideSite] = m{
			"name": "Guide", "origins": []string{origin}, "operators": []string{facts.Operator.UserID},
			"bot": m{"enabled": true, "chains": folder},
		}
	}
	data, err := yaml.Marshal(m{
		"homeserver": m{"address": facts.HomeserverURL, "domain": serverName},
		"appservice": m{
			"address": "http://" + p.appservice.address(), "hostname": "127.0.0.1", "port": int(p.appservice),
			"as_token": k.ASToken, "hs_token": k.HSToken,
		},
		"database": m{"uri": filepath.Join("data", "anteroom.db")},
		"gateway": m{
			"listen": p.public.address(), "public_url": facts.PublicURL,
			"limits": m{"sessions_per_minute": 6000, "sockets_per_address": 2000, "dialogs_per_hour": 2000, "site_dialogs_per_hour": 2000},
		},
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

// Reset drops all data of the demo in that folder, unless it runs.
func Reset(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := lock(dir)
	if err != nil {
		return err
	}
	defer unlock()
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("drop the demo's data: %w", err)
	}
	return nil
}

// lock keeps a second demo out of the folder. The kernel releases it when the
// process ends in whatever way.
func lock(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the demo's folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // the lock's failure is what matters
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("the demo runs already in %s; stop that one first", dir)
		}
		return nil, fmt.Errorf("lock the demo's folder: %w", err)
	}
	return func() { _ = f.Close() }, nil // closing releases the lock
}
