package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bridge/asset"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// drawings are the launcher's icons by their names, in a square of 24; what lies
// within an outline is cut out of it.
var drawings = map[string]string{ //nolint:gochecknoglobals // a table, never written to
	"chat":     "M12 3.5A9 8 0 0 0 6 17.5l-.8 3.6 4.4-2A9 8 0 1 0 12 3.5z",
	"dots":     "M12 3.5A9 8 0 0 0 6 17.5l-.8 3.6 4.4-2A9 8 0 1 0 12 3.5zM7.8 10.1a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 0 1 0-2.8zM12 10.1a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 0 1 0-2.8zM16.2 10.1a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 0 1 0-2.8z",
	"question": "M12 2.5a9.5 9.5 0 1 0 0 19a9.5 9.5 0 0 0 0-19zM8.3 9.4C8.4 7.2 9.9 5.8 12.1 5.8c2.2 0 3.7 1.3 3.7 3.2 0 1.3-.6 2.1-1.8 2.8-.9.6-1.1.9-1.1 1.7v.4h-2v-.6c0-1.3.5-2 1.6-2.7.9-.6 1.2-.9 1.2-1.6 0-.8-.7-1.4-1.7-1.4s-1.7.7-1.8 1.8zM11.9 15.4a1.3 1.3 0 1 1 0 2.6a1.3 1.3 0 0 1 0-2.6z",
	"mail":     "M4.5 5h15A2 2 0 0 1 21.5 7v10a2 2 0 0 1-2 2h-15a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zM4.6 7.3 11.4 12.4a1 1 0 0 0 1.2 0L19.4 7.3 18.3 5.9 12 10.6 5.7 5.9z",
}

// drawing is the path data of a launcher's icon.
func drawing(icon string) string {
	if path, ok := drawings[icon]; ok {
		return path
	}
	return icon
}

// opens is what a launcher with a text of its own is called, so that who speaks to it
// says what is written on it (WCAG 2.2, success criterion 2.5.3).
func opens(text, plain string) string {
	if text == "" {
		return plain
	}
	first, size := utf8.DecodeRuneInString(plain)
	return text + ": " + string(unicode.ToLower(first)) + plain[size:]
}

// What a page is narrower or lower than where the window covers it; chat.css has the same.
const onPhones = "@media (max-width:480px),(max-height:480px)"

// sheet is the style of a widget with these settings, which the loader puts behind its
// own: what no script has to work out is there with the first drawing.
func sheet(w *config.Widget) string {
	var b strings.Builder
	light, onLight := w.Light()
	dark, onDark := w.Dark()
	side, other := "right", "left"
	if w.Position == config.Left {
		side, other = other, side
		b.WriteString(".badge{right:auto;left:-3px}")
	}
	// The window's own sheets come later; on phones they take it over all of the page.
	fmt.Fprintf(&b, ":host>*{--accent:%s;--on-accent:%s;--size:%dpx;--side:%dpx;--low:%dpx;"+
		"--bottom:calc(var(--low) + env(safe-area-inset-bottom,0px));--above:calc(var(--bottom) + var(--size) + 16px)}"+
		".launcher,.window.window,.preview.preview{z-index:%d;%s:calc(var(--side) + env(safe-area-inset-%s,0px));%s:auto}",
		light, onLight, w.Launcher.Size, w.Offset.Side, w.Offset.Bottom, w.ZIndex, side, side, other)
	if dark != light || onDark != onLight {
		fmt.Fprintf(&b, ":host(.dark)>*{--accent:%s;--on-accent:%s}", dark, onDark)
	}
	if w.PhoneOffset != w.Offset {
		fmt.Fprintf(&b, onPhones+"{:host>*{--side:%dpx;--low:%dpx}}", w.PhoneOffset.Side, w.PhoneOffset.Bottom)
	}
	if hasText := writeTexts(&b, w); hasText {
		b.WriteString(pill)
	}
	if w.Forms.Start != nil || w.Forms.Away != nil {
		b.WriteString(asksFirst)
	}
	return b.String()
}

// asksFirst keeps the message field out of sight until it is known whether a form stands in its
// place (see Flow.tsx), which interrupts whoever has begun to type; but never for long, also for
// who wants no motion: this is none, see loader.css.
const asksFirst = `.window:not(:has(.flow,article)) .composer{animation:anyway 0s 5s forwards!important}` +
	`.window:not(:has(.flow,article)) .composer:has(:placeholder-shown):not(:focus-within){visibility:hidden}@keyframes anyway{to{visibility:visible}}`

// pill is a launcher with a text beside its icon; open, it is round as ever.
const pill = `.launcher[aria-expanded=false]{width:auto;max-width:calc(100vw - 2*var(--side));box-sizing:border-box;padding:0 22px 0 18px;border-radius:calc(var(--size)/2);grid-template-columns:auto minmax(0,1fr);gap:10px}` +
	`.launcher::after{max-width:100%;font:600 16px/1.25 system-ui,sans-serif;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}`

// writeTexts writes the launcher's texts, and reports whether there are any.
func writeTexts(b *strings.Builder, w *config.Widget) (some bool) {
	for _, l := range w.Spoken() {
		if text := w.Launcher.Text.In(l); text != "" {
			fmt.Fprintf(b, ":host([lang=%s]) .launcher[aria-expanded=false]::after{content:%s}", l, cssString(text))
			some = true
		}
	}
	return some
}

// cssString writes a text so that nothing in it ends the string (CSS Syntax 3 section 4.3.5).
func cssString(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		if r < 0x80 && r != ' ' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			fmt.Fprintf(&b, `\%x `, r)
		} else {
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// hidden is the style that leaves out the button: on kinds of devices, which style
// sheets know by themselves, and on pages, which the chunk "hide" looks at. Until that has
// looked, the button waits, four seconds at most, also where the rest of the widget's animations
// are off: nothing moves.
func hidden(h *config.Hide) string {
	var b strings.Builder
	for _, device := range h.Devices {
		fmt.Fprintf(&b, "@media %s{.launcher,.preview{display:none!important}}", mediaOf(device))
	}
	if len(h.Pages) > 0 {
		b.WriteString(":host(.off) :is(.launcher,.preview){display:none!important}" +
			":host(:not(.on)) .launcher{visibility:hidden;animation:wait 0s 4s forwards!important}@keyframes wait{to{visibility:visible}}")
	}
	return b.String()
}

// mediaOf is a kind of device: by what it is pointed at with, and then by the size of
// the page, lying or standing.
func mediaOf(device config.Device) string {
	const touch = "(hover:none) and (pointer:coarse)"
	switch device {
	case config.Phone:
		return touch + " and (max-width:600px)," + touch + " and (max-height:480px)"
	case config.Tablet:
		return touch + " and (min-width:601px) and (min-height:481px)"
	default:
		return "(hover:hover),(pointer:fine),(pointer:none)"
	}
}

// wholePage is the style of a window that is all of its page.
const wholePage = `.launcher,.window header>button:last-child{display:none!important}` +
	`.window.window{inset:var(--top,0px) 0 auto!important;width:100%!important;height:var(--height,100dvh)!important;border-radius:0!important;box-shadow:none!important;animation:none!important;` +
	`--aside:max(calc(50% - 380px),env(safe-area-inset-left),env(safe-area-inset-right))}` +
	`.window header{padding-top:calc(16px + env(safe-area-inset-top))!important;padding-inline:max(20px,var(--aside))!important}` +
	`.window :is(.composer,.content,.flow,.consent){padding-inline:max(16px,var(--aside))!important}` +
	`.window :is(.notice,.dock,.away){margin-inline:max(12px,var(--aside))!important}`

// avatarOf is the picture in the head of a site's window, as a file of the widget, with
// a name that changes with its content.
func avatarOf(w *config.Widget) (name string, file *asset.File, err error) {
	if w.Avatar == "" {
		return "", nil, nil
	}
	content, extension, err := config.ReadAvatar(w.Avatar)
	if err != nil {
		return "", nil, err
	}
	kind, ok := asset.TypeOf(extension)
	if !ok {
		return "", nil, fmt.Errorf("pictures of the kind %s cannot be served", extension)
	}
	sum := sha256.Sum256(content)
	return "avatar-" + hex.EncodeToString(sum[:8]) + extension, asset.New(kind, content), nil
}

// iconOf is the sign of a site's own pages: the launcher as it is drawn.
func iconOf(w *config.Widget) []byte {
	ground, ink := w.Light()
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" rx="24" fill="%s"/>`+
		`<path transform="translate(10 10) scale(1.166)" fill="%s" fill-rule="evenodd" d="%s"/></svg>`, ground, ink, drawing(w.Launcher.Icon))
}
