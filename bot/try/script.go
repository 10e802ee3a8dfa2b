package try

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// Loader reads the chains of a folder; "" is the script's own.
type Loader func(folder string, o chain.Options) (*chain.Set, error)

// Play plays a script and returns it as it is now: the lines of the visitor and of
// the world as they were, each followed by what the bot did. It has passed if
// nothing has changed.
//
// Lines of the bot begin with "< " or with two spaces; "#" begins a comment.
// "edit FOLDER" takes the chains from another folder from there on; "restart"
// reads them anew. Everything else is for Talk.Do.
func Play(name, script string, load Loader) (string, error) {
	options, err := optionsOf(script)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	folder := ""
	set, err := load(folder, options)
	if err != nil {
		return "", err
	}
	var played []string
	t := New(set, func(action talk.Action, line string) {
		if played = append(played, lines(action)...); line != "" {
			played = append(played, line)
		}
	})
	for i, line := range strings.Split(strings.ReplaceAll(script, "\r\n", "\n"), "\n") {
		if isOutput(line) {
			continue
		}
		played = append(played, line)
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		to, isEdit := strings.CutPrefix(line, "edit ")
		switch {
		case isEdit || line == "restart":
			if isEdit {
				folder = strings.TrimSpace(to)
			}
			if set, err = load(folder, options); err == nil {
				t.Edit(set)
			}
		default:
			err = t.Do(line)
		}
		if err != nil {
			return "", fmt.Errorf("%s:%d: %w", name, i+1, err)
		}
	}
	return strings.Join(played, "\n"), nil
}

// Edit gives the conversation other chains; what the bot remembers stays.
func (t *Talk) Edit(set *chain.Set) { t.set = set }

func isOutput(line string) bool {
	return line == "<" || strings.HasPrefix(line, "< ") || strings.HasPrefix(line, "  ")
}

// optionsOf are the constants and secrets that a script names, in lines like
// "site.shop: https://example.com" and "secrets: token, other", and its assistants.
func optionsOf(script string) (o chain.Options, err error) {
	o = chain.Options{Constants: map[string]string{}, Languages: []string{}}
	for line := range strings.Lines(script) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if constant, ok := strings.CutPrefix(key, "site."); ok {
			o.Constants[constant] = value
		}
		if key == "secrets" {
			o.Secrets = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		}
	}
	o.Assistants, err = assistants(script)
	return o, err
}

// Diff shows how two texts differ, line by line, with a few lines around; "" if
// they do not. "-" marks what stands in the file and "+" what happens now.
func Diff(file, now string) string {
	a, b := strings.Split(file, "\n"), strings.Split(now, "\n")
	var all []string
	marked := []int{}
	for len(a) > 0 || len(b) > 0 {
		switch keep := same(a, b); {
		case keep > 0:
			for _, line := range a[:keep] {
				all = append(all, "  "+line)
			}
			a, b = a[keep:], b[keep:]
		default:
			gone, come := apart(a, b)
			for _, line := range a[:gone] {
				marked, all = append(marked, len(all)), append(all, "- "+line)
			}
			for _, line := range b[:come] {
				marked, all = append(marked, len(all)), append(all, "+ "+line)
			}
			a, b = a[gone:], b[come:]
		}
	}
	return excerpt(all, marked)
}

// same is how many lines two texts have in common at their beginning.
func same(a, b []string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// apart is after how few lines of each two texts go together again.
func apart(a, b []string) (gone, come int) {
	for sum := 1; sum <= len(a)+len(b); sum++ {
		for gone = max(0, sum-len(b)); gone <= min(sum, len(a)); gone++ {
			come = sum - gone
			if gone < len(a) && come < len(b) && a[gone] == b[come] {
				return gone, come
			}
		}
	}
	return len(a), len(b)
}

// excerpt are the marked lines and those around them.
func excerpt(all []string, marked []int) string {
	const around = 3
	var b strings.Builder
	last := -1
	for i, line := range all {
		near := slices.ContainsFunc(marked, func(m int) bool { return i >= m-around && i <= m+around })
		if !near {
			continue
		}
		if last >= 0 && i > last+1 {
			b.WriteString("  ⋮\n")
		}
		last = i
		b.WriteString(line + "\n")
	}
	return b.String()
}

// Folder loads chains from the folders of a directory; the one of the script is
// called own.
func Folder(directory, own string) Loader {
	return func(folder string, o chain.Options) (*chain.Set, error) {
		if folder == "" {
			folder = own
		}
		set, faults := chain.Load(os.DirFS(filepath.Join(directory, folder)), o)
		if set == nil {
			return nil, fmt.Errorf("the chains of %s cannot be used:\n%w", folder, faults.Errors())
		}
		return set, nil
	}
}
