package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.api.Training;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.client.TestRestTemplate;
import org.springframework.http.HttpEntity;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class ServiceTest {
    @TempDir
    private static Path folder;

    @Autowired
    private TestRestTemplate client;

    @DynamicPropertySource
    static void model(DynamicPropertyRegistry registry) {
        Path best = Training.of(
                        Map.of("data", "sample", "backbone", "random", "epochs", 1, "limit_train", 256, "batch_size", 64),
                        folder.resolve("run"))
                .on("cpu", 1)
                .run()
                .best();
        registry.add("model", best::toString);
    }

    private ResponseEntity<String> post(byte[] body) {
        HttpHeaders headers = new HttpHeaders();
        headers.setContentType(MediaType.APPLICATION_OCTET_STREAM);
        return client.postForEntity("/labels", new HttpEntity<>(body, headers), String.class);
    }

    @Test
    void requestsFromManyThreadsGetTheSameAnswerAndBadOnesAreRefused() throws IOException {
        ByteArrayOutputStream picture = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(50, 40, BufferedImage.TYPE_INT_RGB), "png", picture);
        List<String> answers = IntStream.range(0, 50)
                .parallel()
                .mapToObj(i -> post(picture.toByteArray()).getBody())
                .distinct()
                .toList();
        assertEquals(1, answers.size(), answers.toString());
        assertTrue(answers.get(0).contains("\"probability\":"), answers.get(0));
        ResponseEntity<String> refused = post("no picture".getBytes());
        assertEquals(HttpStatus.UNPROCESSABLE_ENTITY, refused.getStatusCode());
        assertTrue(refused.getBody().contains("neither PNG"), refused.getBody());
    }
}
