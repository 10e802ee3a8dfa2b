package stack

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
)

// lookSite is a further site for the shop's pages, which looks as unlike the shop as
// the settings allow, and whose people are never there.
const lookSite = "look"

const (
	avatarName = "team.png"
	// avatarSize is in pixels.
	avatarSize = 80
)

// lookConfig is that site; the picture in its head is written into dir.
func lookConfig(dir string, facts Facts) (yamlMap, error) {
	if err := writeAvatar(filepath.Join(dir, avatarName)); err != nil {
		return nil, err
	}
	return yamlMap{
		"name": "Look", "origins": []string{strings.TrimSuffix(facts.VisitorURL, "/")}, "operators": []string{facts.Operator.UserID},
		// Open for a minute of the year.
		"opening_hours": yamlMap{"mon-sun": "closed", "holidays": []yamlMap{{"date": "01-01", "hours": "09:00-09:01"}}},
		"widget": yamlMap{
			"title": yamlMap{"en": "Studio Look", "ru": "Студия «Вид»"}, "avatar": avatarName,
			"team":  yamlMap{"en": "Anna, Ben and Mia answer", "ru": "Отвечают Анна, Бен и Мия"},
			"color": "#ffd400", "dark_color": "#5b3df5", "position": "left",
			"offset": yamlMap{"side": 32, "bottom": 48}, "phone_offset": yamlMap{"side": 12, "bottom": 70},
			"launcher": yamlMap{"icon": "question", "text": yamlMap{"en": "Ask us", "ru": "Спросите нас"}, "size": 52},
			"z_index":  5000,
			"away":     yamlMap{"en": "The studio is closed.", "ru": "Студия закрыта."},
			"hide":     yamlMap{"pages": []string{"/cart*"}, "devices": []string{"tablet"}},
			// Nothing of the system's own.
			"notifications": "off",
		},
	}, nil
}

func writeAvatar(path string) error {
	picture := image.NewRGBA(image.Rect(0, 0, avatarSize, avatarSize))
	for i := range avatarSize * avatarSize {
		x, y := i%avatarSize, i/avatarSize
		picture.Set(x, y, color.RGBA{uint8(120 + x), uint8(60 + y), 160, 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return fmt.Errorf("draw the picture of the site %s: %w", lookSite, err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the picture of the site %s: %w", lookSite, err)
	}
	return nil
}
