package shop

import (
	"fmt"
	"html/template"
	"net/http"
	"strings"
)

// The shop's neighbours: a page each, with the chat of a site of its own. The
// names are the sites' and the pages' paths.
const (
	Clinic   = "clinic"
	Software = "software"
)

// parseNeighbours reads the pages of the neighbours, which have a layout of their own.
func parseNeighbours(pages map[string]*template.Template) error {
	for _, name := range []string{Clinic, Software} {
		page, err := template.New("layout").Funcs((&view{}).functions()).ParseFS(pageFiles, "pages/neighbour.html", "pages/"+name+".html")
		if err != nil {
			return err
		}
		pages[name] = page
	}
	return nil
}

// guides leads from the addresses of the software company's documentation to the
// place on its page, in the language of the address: /docs/quick-start, /docs/ru/guides.
func guides(w http.ResponseWriter, r *http.Request) {
	language, page := English, r.PathValue("page")
	if rest, ok := strings.CutPrefix(page, string(Russian)+"/"); ok {
		language, page = Russian, rest
	}
	if page != "quick-start" && page != "guides" {
		http.NotFound(w, r)
		return
	}
	http.Redirect(w, r, fmt.Sprintf("%s/%s#%s", language.prefix(), Software, page), http.StatusSeeOther) // #nosec G710 -- one of two pages, see above
}

// Site is the one whose chat a page carries.
func (v *view) Site() string {
	if v.Name == Clinic || v.Name == Software {
		return v.Name
	}
	return v.site
}

// WidgetURL is the address of the chat's script.
func (v *view) WidgetURL() string { return v.publicURL + "/widget/" + v.Site() + ".js" }
