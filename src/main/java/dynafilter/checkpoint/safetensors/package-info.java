/**
 * Weights that leave as safetensors, the form in which the Hugging Face hub keeps them:
 * {@link dynafilter.checkpoint.safetensors.SafetensorsFormat} writes the file and timm's {@code config.json} beside it. Reading them
 * is a part of the room above; the bytes are {@code dynafilter.torchfile}'s.
 */
@NullMarked
package dynafilter.checkpoint.safetensors;

import org.jspecify.annotations.NullMarked;
