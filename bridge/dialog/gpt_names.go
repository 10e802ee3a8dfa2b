package dialog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// Names knows by what names visitors see operators.
type Names interface {
	// OperatorName is the name over an operator's messages to a site's visitors; empty
	// while none is known but the user id's. It waits for nobody.
	OperatorName(ctx context.Context, site chat.SiteID, operator id.UserID) string
}

// ServeNames says what operators are called; call it before any door is open.
func (s *Service) ServeNames(n Names) { s.names = n }

// noNames are those of a bridge without operators.
type noNames struct{}

// OperatorName knows none.
func (noNames) OperatorName(context.Context, chat.SiteID, id.UserID) string { return "" }

// namesFact is the fact that has the names of who is on duty.
const namesFact = "operator_names"

const (
	// mostNames is how many operators are named, mostOperatorName how much of a name is
	// told, in characters.
	mostNames        = 10
	mostOperatorName = 40
)

// namesOnDuty are the names of operators who are on duty, for a model that may know
// them; empty if nobody is who has one.
func (s *Service) namesOnDuty(ctx context.Context, site *config.Site) (string, error) {
	onDuty, err := s.Rung(ctx, site, "")
	if err != nil {
		return "", err
	}
	var names []string
	for _, operator := range onDuty {
		if name := toldName(s.names.OperatorName(ctx, site.ID, operator)); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if more := len(names) - mostNames; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:mostNames], ", "), more), nil
	}
	return strings.Join(names, ", "), nil
}

// toldName is what a model reads of a name that its owner chose: letters, figures and the
// signs of names. What looks like an address, a list or a mark of the prompt is none
// then, nor would the model's answer be refused for an address in it.
func toldName(name string) string {
	if strings.HasPrefix(name, "@") { // a user id
		return ""
	}
	letters := strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.L, unicode.M, unicode.Nd), strings.ContainsRune(" .'’-", r):
			return r
		default:
			return ' '
		}
	}, strings.ReplaceAll(name, ".", ". "))
	return strings.Trim(plain.Line(letters, mostOperatorName), " .'’-")
}
