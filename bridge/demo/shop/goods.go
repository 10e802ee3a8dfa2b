package shop

// Product is a piece of the shop. Art names a symbol of pages/art.html, Glaze
// the colour that it is shown in.
type Product struct {
	Slug, Art, Glaze string
	Name, Kind       text
	Words            text
	Size, Care       text
	Euros, Roubles   int
}

// Glaze is a colour of the gallery.
type Glaze struct {
	Slug        string
	Name, Words text
}

func goods() []Product {
	machine := text{"Dishwasher and microwave", "Посудомойка и микроволновка"}
	byHand := text{"Wash by hand", "Мыть руками"}
	return []Product{
		{
			Slug: "morning-mug", Art: "mug", Glaze: "celadon", Euros: 28, Roubles: 2600,
			Name: text{"Morning", "Утро"}, Kind: text{"Mug", "Кружка"},
			Words: text{
				"A mug for the first coffee, with a handle for three fingers and a rim that is kind to a sleepy mouth. The foot stays bare, so you feel the clay it was made of.",
				"Кружка для первого кофе: ручка на три пальца и край, который не обидит спросонья. Донышко без глазури, чтобы чувствовать глину.",
			},
			Size: text{"320 ml, 9 cm high", "320 мл, высота 9 см"}, Care: machine,
		},
		{
			Slug: "harbour-bowl", Art: "bowl", Glaze: "cobalt", Euros: 34, Roubles: 3200,
			Name: text{"Harbour", "Гавань"}, Kind: text{"Bowl", "Миска"},
			Words: text{
				"Deep enough for ramen, wide enough for salad. The cobalt runs a little on every piece, so the waterline is never in the same place twice.",
				"Глубины хватит на рамен, ширины — на салат. Кобальт на каждой миске стекает по-своему, и «линия воды» не повторяется.",
			},
			Size: text{"700 ml, 18 cm across", "700 мл, диаметр 18 см"}, Care: machine,
		},
		{
			Slug: "slow-rain-teapot", Art: "teapot", Glaze: "ash", Euros: 96, Roubles: 8900,
			Name: text{"Slow Rain", "Долгий дождь"}, Kind: text{"Teapot", "Чайник"},
			Words: text{
				"Three cups, one conversation. The spout is cut by hand and does not drip; we pour from each pot before it leaves the studio.",
				"На три чашки и один разговор. Носик срезан вручную и не капает: из каждого чайника мы наливаем, прежде чем отдать его вам.",
			},
			Size: text{"650 ml, with a steel strainer", "650 мл, со стальным ситечком"}, Care: byHand,
		},
		{
			Slug: "reed-vase", Art: "vase", Glaze: "rust", Euros: 62, Roubles: 5700,
			Name: text{"Reed", "Тростник"}, Kind: text{"Vase", "Ваза"},
			Words: text{
				"For one branch, or none. Iron in the glaze turns to rust and honey in the last hour of the firing.",
				"Для одной ветки или вовсе без неё. Железо в глазури за последний час обжига становится ржавчиной и мёдом.",
			},
			Size: text{"24 cm high, watertight", "Высота 24 см, держит воду"}, Care: byHand,
		},
		{
			Slug: "moon-plate", Art: "plate", Glaze: "milk", Euros: 38, Roubles: 3500,
			Name: text{"Moon", "Луна"}, Kind: text{"Plate", "Тарелка"},
			Words: text{
				"A dinner plate with a low wall, for food with a sauce. White as milk, and freckled by the iron of the stoneware below.",
				"Обеденная тарелка с низким бортиком — для еды с соусом. Молочно-белая, в веснушках от железа каменной массы.",
			},
			Size: text{"26 cm across", "Диаметр 26 см"}, Care: machine,
		},
		{
			Slug: "pantry-jar", Art: "jar", Glaze: "soot", Euros: 54, Roubles: 4900,
			Name: text{"Pantry", "Кладовая"}, Kind: text{"Jar with a lid", "Банка с крышкой"},
			Words: text{
				"Keeps salt dry and tea fragrant. The lid is ground to its jar, so they only fit each other: please keep the couple together.",
				"Соль в ней сухая, чай душистый. Крышка притёрта к своей банке и к другой не подойдёт: не разлучайте их.",
			},
			Size: text{"900 ml, 15 cm high", "900 мл, высота 15 см"}, Care: machine,
		},
	}
}

func glazes() []Glaze {
	return []Glaze{
		{"celadon", text{"Celadon", "Селадон"}, text{
			"Wood ash and a hint of iron, fired without air: the green of shallow water. It is thin on the edges, where the clay looks through.",
			"Древесная зола и капля железа в обжиге без воздуха: зелень мелкой воды. На краях тонка, и сквозь неё видна глина.",
		}},
		{"cobalt", text{"Cobalt", "Кобальт"}, text{
			"The blue of old porcelain, three layers deep. We let it run.",
			"Синий старого фарфора, в три слоя. Мы даём ему стекать.",
		}},
		{"rust", text{"Rust", "Ржавчина"}, text{
			"Red iron that breaks to honey where the shape bends. No two pieces agree on where.",
			"Красное железо, которое на изгибах переходит в мёд. Где именно, каждая вещь решает сама.",
		}},
		{"ash", text{"Ash", "Зола"}, text{
			"Ash from the stove of our own studio, sieved and sprayed. Grey in rain, warm in sun.",
			"Зола из печки нашей мастерской, просеянная и напылённая. В дождь серая, на солнце тёплая.",
		}},
		{"milk", text{"Milk", "Молоко"}, text{
			"A soft white that does not shine. Freckles come from the stoneware and are not a fault.",
			"Мягкий белый без блеска. Веснушки даёт каменная масса, это не изъян.",
		}},
		{"soot", text{"Soot", "Сажа"}, text{
			"Almost black, satin to the touch. Fingerprints are welcome.",
			"Почти чёрный, на ощупь атласный. Следов пальцев не боится.",
		}},
	}
}
