package example;

import dynafilter.api.BadInputException;
import dynafilter.api.Classification;
import dynafilter.api.Classifier;
import java.nio.file.Path;
import java.util.List;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** One network for all requests; Spring closes it when the service ends. */
@SpringBootApplication
public class Service {
    public static void main(String[] arguments) {
        SpringApplication.run(Service.class, arguments);
    }

    @Bean
    Classifier classifier(@Value("${model}") Path model) {
        return Classifier.load(model);
    }

    /** Labels pictures. */
    @RestController
    static class Pictures {
        private final Classifier classifier;

        Pictures(Classifier classifier) {
            this.classifier = classifier;
        }

        @PostMapping("/labels")
        List<Classification.Score> labels(@RequestBody byte[] picture) {
            return classifier.classify(picture).top(3);
        }

        @ExceptionHandler
        @ResponseStatus(HttpStatus.UNPROCESSABLE_ENTITY)
        String bad(BadInputException bad) {
            return bad.getMessage();
        }
    }
}
