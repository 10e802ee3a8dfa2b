package webhook

import (
	"encoding/base64"
	"errors"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The size of a secret in bytes, by the specification's signature scheme.
const (
	minSecret = 24
	maxSecret = 64
)

const secretPrefix = "whsec_"

// Secret signs what goes to one endpoint. It prints as "whsec_…".
type Secret struct{ signer *standardwebhooks.Webhook }

// String hides the secret.
func (Secret) String() string { return secretPrefix + "…" }

// GoString hides the secret.
func (s Secret) GoString() string { return s.String() }

// ParseSecret reads "whsec_" and 24 to 64 bytes in base64. Its error never
// repeats the secret.
func ParseSecret(text string) (Secret, error) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(text), secretPrefix)
	if !ok {
		return Secret{}, errors.New("a webhook's secret begins with whsec_: make one with: echo whsec_$(openssl rand -base64 32)")
	}
	key, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return Secret{}, errors.New("what follows whsec_ in a webhook's secret must be base64: make one with: echo whsec_$(openssl rand -base64 32)")
	}
	if len(key) < minSecret || len(key) > maxSecret {
		return Secret{}, errors.New("a webhook's secret must hold 24 to 64 bytes: make one with: echo whsec_$(openssl rand -base64 32)")
	}
	signer, err := standardwebhooks.NewWebhookRaw(key)
	return Secret{signer: signer}, err
}
