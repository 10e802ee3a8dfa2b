package answer

import (
	"errors"
	"fmt"
	"mime"
	"regexp"
	"strconv"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// longestName is how many characters of a file's name are kept.
const longestName = 255

func readFile(q Question, e talk.Event, _ Situation) (Answer, *Fault) {
	switch {
	case e.File == nil && strings.TrimSpace(e.Text) == "":
		return Answer{}, fail(Empty)
	case e.File == nil:
		return Answer{}, fail(NotAFile)
	case !q.accepts(e.File.Type):
		return Answer{}, fail(WrongFileType)
	case q.MaxSize > 0 && e.File.Size > q.MaxSize:
		return Answer{}, &Fault{FileTooLarge, strconv.FormatInt(q.MaxSize, 10)}
	}
	name := line(e.File.Name)
	if runes := []rune(name); len(runes) > longestName {
		name = line(string(runes[:longestName]))
	}
	if name == "" {
		name = "file"
	}
	return Answer{Value: name, Text: name}, nil
}

// accepts says whether a file may have a media type; its parameters do not count.
func (q Question) accepts(media string) bool {
	if len(q.Media) == 0 {
		return true
	}
	media, _, err := mime.ParseMediaType(media)
	if err != nil {
		return false
	}
	for _, accepted := range q.Media {
		accepted = strings.ToLower(accepted)
		family, isFamily := strings.CutSuffix(accepted, "*")
		if accepted == "*/*" || accepted == media || isFamily && strings.HasPrefix(media, family) {
			return true
		}
	}
	return false
}

// mediaForm is a media type or a whole family (RFC 6838 section 4.2).
var mediaForm = regexp.MustCompile(`^(?i)(?:\*/\*|[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/(?:\*|[a-z0-9][a-z0-9!#$&^_.+-]{0,126}))$`)

func checkFile(q Question) error {
	for _, media := range q.Media {
		if !mediaForm.MatchString(media) {
			return fmt.Errorf("%q is not a media type such as image/* or application/pdf", media)
		}
	}
	if q.MaxSize < 0 {
		return errors.New("the greatest size is less than nothing")
	}
	return checkNoBounds(q)
}
