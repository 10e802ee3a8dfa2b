import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { filePath } from '../extras/icons';
import { Icon } from '../ui/icons';

/** Device pixels of its height: twice those of the style sheet. */
const height = 112;
/** One picture is drawn after the other: each takes much memory while it is. */
let before: Promise<unknown> = Promise.resolve();

/** A small picture of the file, drawn into a canvas since a page's policy may forbid blob: URLs; the drawing of a file where there is none. */
export function Thumb({ file }: { readonly file: File }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [plain, setPlain] = useState(!file.type.startsWith('image/'));
  useEffect(() => {
    if (plain) return;
    before = before.then(async () => {
      if (!canvas.current) return;
      const picture = await createImageBitmap(file, { imageOrientation: 'from-image', resizeHeight: height, resizeQuality: 'medium' });
      const { current } = canvas;
      if (current) {
        current.width = picture.width;
        current.height = picture.height;
        current.getContext('2d')?.drawImage(picture, 0, 0);
      }
      picture.close();
    }).catch(() => setPlain(true));
  }, [file, plain]);
  return plain ? <Icon path={filePath} /> : <canvas class="thumb" ref={canvas} width={height} height={height} aria-hidden="true" />;
}
