// A bubble of Typebot; what its server says first is answered by the bench.
import Typebot from '@typebot.io/js/web';

Typebot.initBubble({ typebot: 'shop', apiHost: new URL('.', import.meta.url).href.replace(/\/$/, '') });
