package shop

import (
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
)

// Language of a page.
type Language string

// The shop's languages; English pages have no prefix, Russian ones begin with /ru.
const (
	English Language = "en"
	Russian Language = "ru"
)

func (l Language) prefix() string {
	if l == Russian {
		return "/ru"
	}
	return ""
}

func (l Language) other() Language {
	if l == Russian {
		return English
	}
	return Russian
}

// text is a text in both languages.
type text struct{ en, ru string }

func (t text) in(l Language) string {
	if l == Russian {
		return t.ru
	}
	return t.en
}

// view is what a page is made from.
type view struct {
	Language Language
	Name     string
	Goods    []Product
	Glazes   []Glaze
	// Product and Glaze are those of the page, on the pages that have one.
	Product Product
	Glaze   Glaze
	// Token tells the chat who is signed in; empty if nobody is.
	Token string

	path  string // without the language's prefix
	words map[string]text

	// publicURL is the bridge's, site the shop's own.
	publicURL, site string
}

func (s *Shop) view(language Language, name string, r *http.Request) *view {
	v := &view{
		Language: language, Name: name, publicURL: s.publicURL, site: s.site,
		Goods: s.goods, Glazes: s.glazes, Glaze: s.glazes[0],
		path: strings.TrimPrefix(r.URL.Path, language.prefix()), words: s.words,
	}
	if slug := r.PathValue("product"); slug != "" {
		i := slices.IndexFunc(s.goods, func(p Product) bool { return p.Slug == slug })
		if i < 0 {
			v.Name = "missing"
			return v
		}
		v.Product = s.goods[i]
	}
	if slug := r.PathValue("glaze"); slug != "" {
		i := slices.IndexFunc(s.glazes, func(g Glaze) bool { return g.Slug == slug })
		if i < 0 {
			v.Name = "missing"
			return v
		}
		v.Glaze = s.glazes[i]
	}
	return v
}

// functions are those that the templates call.
func (v *view) functions() template.FuncMap {
	return template.FuncMap{
		// say returns a text of the shop by its key.
		"say": func(key string) (string, error) {
			t, ok := v.words[key]
			if !ok {
				return "", fmt.Errorf("no text has the key %q", key)
			}
			return t.in(v.Language), nil
		},
		// in returns a text of a product or glaze.
		"in": func(t text) string { return t.in(v.Language) },
		// link makes a path of the shop one in the page's language.
		"link": func(path string) string { return v.Language.prefix() + path },
		// price writes an amount as the language's shops do.
		"price": func(p Product) string {
			if v.Language == Russian {
				return fmt.Sprintf("%d\u00a0%03d\u00a0₽", p.Roubles/1000, p.Roubles%1000)
			}
			return fmt.Sprintf("€%d", p.Euros)
		},
		"amount": func(p Product) int {
			if v.Language == Russian {
				return p.Roubles
			}
			return p.Euros
		},
	}
}

// Here reports whether a link of the menu leads to this page or its parent.
func (v *view) Here(path string) bool {
	return v.path == path || strings.HasPrefix(v.path, path+"/")
}

// Path is this page's.
func (v *view) Path() string { return v.Language.prefix() + v.path }

// Elsewhere is this page in the other language.
func (v *view) Elsewhere() string {
	path := v.Language.other().prefix() + v.path
	if path == "/ru" {
		return "/ru/"
	}
	return path
}

// Others are the products beside this page's.
func (v *view) Others() []Product {
	var others []Product
	for _, p := range v.Goods {
		if p.Slug != v.Product.Slug && len(others) < 3 {
			others = append(others, p)
		}
	}
	return others
}
