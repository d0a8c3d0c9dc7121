/** What a prompt holds beside text. */
import { imageSize, type ImageSize } from './image-size.js';

export class Attachment {
  readonly kind: 'image' | 'audio' | 'video' | 'file';
  /** A URL, a `data:` URL or base64; empty where only an id is known. */
  readonly data: string;
  /** Of images: `low`, `high` or `auto`; of audio its format. */
  readonly detail: string | undefined;
  #size: ImageSize | undefined;

  constructor(kind: Attachment['kind'], data: string, detail?: string) {
    this.kind = kind;
    this.data = data;
    this.detail = detail;
  }

  /** Of an image; read once, and thought of one that cannot be read. */
  get size(): ImageSize {
    return (this.#size ??= imageSize(this.data) ?? USUAL_SIZE);
  }
}

/** Of an image that cannot be read, such as one by its URL. */
const USUAL_SIZE: ImageSize = { width: 1_024, height: 1_024 };
